/** Files of the folder a person picked or dropped, by their path inside the pack. */

/** Path with `/`, as the manifest spells it, to the file. */
export type Folder = ReadonlyMap<string, File>;

export const MANIFEST = "manifest.json";

/** No `manifest.json` among the files: not a pack. */
export class NotAPack extends Error {}

const FILES_MAX = 20_000;

/** From `<input webkitdirectory>`. */
export function fromInput(list: FileList): Folder {
  return packRoot([...list].slice(0, FILES_MAX).map((file) => [file.webkitRelativePath || file.name, file]));
}

/** From a drop. Must be called within its event: the browser forgets what was dropped afterwards. */
export async function fromDrop(items: DataTransferItemList): Promise<Folder> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((one) => one !== null);
  const found: [string, File][] = [];
  for (const entry of entries) await walk(entry, found);
  return packRoot(found);
}

async function walk(entry: FileSystemEntry, found: [string, File][]): Promise<void> {
  if (found.length >= FILES_MAX) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push([entry.fullPath.replace(/^\//, ""), file]);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const inside of some) await walk(inside, found);
  }
}

/** Paths from the folder that holds the manifest: somebody may pick the disc, the pack or a folder above it. */
export function packRoot(files: readonly (readonly [string, File])[]): Folder {
  const manifests = files.map(([path]) => path).filter((path) => path === MANIFEST || path.endsWith(`/${MANIFEST}`));
  const nearest = manifests.sort((a, b) => a.split("/").length - b.split("/").length)[0];
  if (nearest === undefined) throw new NotAPack();
  const root = nearest.slice(0, -MANIFEST.length);
  return new Map(files.filter(([path]) => path.startsWith(root)).map(([path, file]) => [path.slice(root.length), file]));
}
