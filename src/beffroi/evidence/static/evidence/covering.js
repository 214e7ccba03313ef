// Rectangles drawn by a hand on other people, picture by picture; nothing here looks at what a picture shows.
const form = document.getElementById("covering");
const stage = document.getElementById("stage");
const [picture, boxes] = ["img", ".boxes"].map((one) => stage.querySelector(one));
const [told, slider, clock, who] = ["told", "at", "clock", "who"].map((one) => document.getElementById(one));
const numbers = ["left", "top", "width", "height"].map((one) => document.getElementById(one));
const [fromUs, toUs] = [form.dataset.from, form.dataset.to].map(Number);
const NAMES = ["left", "top", "width", "height"];
const FRAME_US = 120000;
const french = document.documentElement.lang === "fr";

let tracks = JSON.parse(document.getElementById("drawn").textContent);
if (tracks.length === 0) tracks = [[]];
let current = 0;
let grant = null;
let asked = 0;

const atUs = () => fromUs + Number(slider.value) * 1000;

function boxAt(track, at) {
  if (track.length === 0) return null;
  if (track.length === 1) return track[0];
  const last = track[track.length - 1];
  if (at < track[0].at_us - FRAME_US || at > last.at_us + FRAME_US) return null;
  const after = track.findIndex((mark) => mark.at_us > at);
  const two = after < 0 ? last : track[after];
  const one = after < 0 ? last : track[Math.max(after - 1, 0)];
  const share = Math.min(Math.max((at - one.at_us) / Math.max(two.at_us - one.at_us, 1), 0), 1);
  return Object.fromEntries(NAMES.map((name) => [name, one[name] + (two[name] - one[name]) * share]));
}

function show() {
  const at = atUs();
  clock.textContent = new Date(at / 1000).toLocaleTimeString(french ? "fr" : "en");
  boxes.replaceChildren(
    ...tracks.flatMap((track, number) => {
      const box = boxAt(track, at);
      if (!box) return [];
      const drawn = document.createElement("div");
      drawn.className = number === current ? "box mine" : "box";
      for (const name of NAMES) drawn.style[name] = `${box[name] * 100}%`;
      return [drawn];
    }),
  );
  who.replaceChildren(
    ...tracks.map((track, number) => new Option(`${number + 1} (${track.length})`, number, false, number === current)),
  );
  const mine = boxAt(tracks[current], at);
  NAMES.forEach((name, place) => {
    numbers[place].value = mine ? (mine[name] * 100).toFixed(1) : "";
  });
}

function put(box) {
  if (box.width < 0.003 || box.height < 0.003) return;
  const at = atUs();
  const kept = tracks[current].filter((mark) => mark.at_us !== at);
  tracks[current] = [...kept, { at_us: at, ...box }].sort((one, two) => one.at_us - two.at_us);
  show();
}

async function granted() {
  if (grant && grant.ends_at_us > Date.now() * 1000 + 30e6) return grant;
  const request = { camera: form.dataset.camera, kind: "replay", from_at_us: fromUs, to_at_us: toUs + 1 };
  const reason = { code: "access-request", reference: form.dataset.number };
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const body = JSON.stringify({ requests: [request], reason });
  const answer = await (await fetch("/api/grants", { method: "POST", headers, body })).json();
  const error = answer.error ?? answer.grants[0].error;
  if (error) throw new Error(french ? error.message_fr : error.message);
  grant = answer.grants[0];
  return grant;
}

async function look() {
  const mine = (asked += 1);
  show();
  try {
    const { token, node_url: node } = await granted();
    const headers = { Authorization: `Beffroi-Grant ${token}` };
    const answer = await fetch(`${node}/snapshot/${form.dataset.camera}?at_us=${atUs()}`, { headers });
    if (mine !== asked) return;
    if (!answer.ok) throw new Error(french ? "Pas d'image à cet instant." : "No picture at this instant.");
    URL.revokeObjectURL(picture.src);
    picture.src = URL.createObjectURL(await answer.blob());
    told.textContent = "";
  } catch (error) {
    told.textContent = error.message;
  }
}

function share(event) {
  const { left, top, width, height } = stage.getBoundingClientRect();
  const inside = (value) => Math.min(Math.max(value, 0), 1);
  return [inside((event.clientX - left) / width), inside((event.clientY - top) / height)];
}

stage.addEventListener("pointerdown", (event) => {
  const [x, y] = share(event);
  stage.setPointerCapture(event.pointerId);
  const end = (up) => {
    const [x2, y2] = share(up);
    put({ left: Math.min(x, x2), top: Math.min(y, y2), width: Math.abs(x2 - x), height: Math.abs(y2 - y) });
  };
  stage.addEventListener("pointerup", end, { once: true });
});
slider.max = Math.floor((toUs - fromUs) / 1000);
slider.addEventListener("input", show);
slider.addEventListener("change", look);
who.addEventListener("change", () => {
  current = Number(who.value);
  show();
});
document.getElementById("add").addEventListener("click", () => {
  tracks.push([]);
  current = tracks.length - 1;
  show();
});
document.getElementById("drop").addEventListener("click", () => {
  tracks[current] = tracks[current].filter((mark) => mark.at_us !== atUs());
  show();
});
document.getElementById("put").addEventListener("click", () => {
  const values = numbers.map((one) => Number(one.value) / 100);
  put(Object.fromEntries(NAMES.map((name, place) => [name, values[place]])));
});
form.addEventListener("submit", () => {
  document.getElementById("tracks").value = JSON.stringify(tracks.filter((track) => track.length > 0));
});
look();
