/** What this browser can decode. WebCodecs exists in secure contexts only. */

export type LiveMode = "webcodecs" | "mse" | "none";

export function liveMode(): LiveMode {
  if (typeof VideoDecoder !== "undefined") return "webcodecs";
  return typeof MediaSource !== "undefined" ? "mse" : "none";
}

/** Replay decodes picture by picture, which WebCodecs alone can do. */
export function canReplay(): boolean {
  return liveMode() === "webcodecs";
}

const known = new Map<string, Promise<boolean>>();

/** Whether pictures of this RFC 6381 codec can be decoded here; asked once per codec. */
export function canDecode(codec: string): Promise<boolean> {
  let answer = known.get(codec);
  if (!answer) known.set(codec, (answer = ask(codec)));
  return answer;
}

async function ask(codec: string): Promise<boolean> {
  if (typeof VideoDecoder === "undefined") {
    return typeof MediaSource !== "undefined" && MediaSource.isTypeSupported(`video/mp4; codecs="${codec}"`);
  }
  try {
    return (await VideoDecoder.isConfigSupported({ codec })).supported === true;
  } catch {
    return false; // A string the browser does not know is a TypeError, not an answer.
  }
}

/** A codec string to ask with, for the names web gives (`h264`, `h265`, or already RFC 6381). */
export function askableCodec(name: string): string {
  const plain = name.toLowerCase();
  if (plain === "h265" || plain === "hevc") return "hvc1.1.6.L120.90";
  if (plain === "h264" || plain === "avc" || plain === "") return "avc1.4d4028";
  return name;
}
