/** Pictures of one camera read from a pack's files; every fragment is checked as it is read. */

import type { PictureSource, Span } from "../media/cache";
import { parseFootage, parseInit, type Picture, type Tracks } from "../media/mp4";
import type { Fragment, PackCamera, PackFile } from "./pack";
import type { Seal } from "./seal";

const KEPT = 12;

export class PackFootage implements PictureSource {
  readonly isQuickAlone = true;
  private readonly tracks = new Map<PackFile, Promise<Tracks>>();
  /** Pictures of the fragments read last. */
  private readonly kept = new Map<Fragment, readonly Picture[]>();

  constructor(
    private readonly camera: PackCamera,
    private readonly seal: Seal,
  ) {}

  async pictures(span: Span, signal: AbortSignal): Promise<readonly Picture[]> {
    const found: Picture[] = [];
    for (const file of this.camera.files) {
      if (file.fromUs >= span.to_at_us || file.toUs <= span.from_at_us) continue;
      found.push(...(await this.ofFile(file, span, signal)));
    }
    return found;
  }

  private async ofFile(file: PackFile, span: Span, signal: AbortSignal): Promise<Picture[]> {
    const { fragments } = file;
    const first = fragments.findIndex((one) => one.toUs > span.from_at_us);
    const found: Picture[] = [];
    if (first < 0) return found;
    // Decoding begins with a key picture: that of an earlier fragment when the first has none.
    let start = first;
    while (start > 0 && !fragments[start]?.isKey) start -= 1;
    for (let i = start; i < fragments.length && (fragments[i] as Fragment).fromUs < span.to_at_us; i += 1) {
      found.push(...(await this.ofFragment(file, i, signal)));
    }
    return found;
  }

  private async ofFragment(file: PackFile, index: number, signal: AbortSignal): Promise<readonly Picture[]> {
    signal.throwIfAborted();
    const fragment = file.fragments[index] as Fragment;
    const before = this.kept.get(fragment);
    if (before) return before;
    const pictures = await this.read(file, fragment);
    this.kept.set(fragment, pictures);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
    return pictures;
  }

  /** A fragment that cannot be read shows nothing; the seal tells where and why. */
  private async read(file: PackFile, fragment: Fragment): Promise<readonly Picture[]> {
    if (!file.file) return [];
    const bytes = await file.file.slice(fragment.offset, fragment.offset + fragment.bytes).arrayBuffer();
    await this.seal.check(file, fragment, bytes);
    try {
      return parseFootage(bytes, await this.tracksOf(file, file.file));
    } catch {
      this.seal.unreadable(file, fragment);
      return [];
    }
  }

  private tracksOf(file: PackFile, blob: Blob): Promise<Tracks> {
    let known = this.tracks.get(file);
    if (!known) {
      known = blob.slice(0, file.headBytes).arrayBuffer().then(parseInit);
      this.tracks.set(file, known);
    }
    return known;
  }
}
