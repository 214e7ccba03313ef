// Draws a camera's masks over a still: corners by click, drag and arrow keys. The text beside is the form's own field
// and stays true: what is drawn is written there, what is typed there is drawn.
const FULL = 10000;
const SVG = "http://www.w3.org/2000/svg";
const form = document.getElementById("masks");
const stage = form.querySelector(".stage");
const [image, svg, field] = [stage.querySelector("img"), stage.querySelector("svg"), form.elements.polygons];
const told = form.querySelector("[role=status]");
const french = document.documentElement.lang === "fr";
let masks = [];
let open = null; // corners of the mask being drawn
document.documentElement.classList.add("scripted");

// -- text ----------------------------------------------------------------------------------------------------

function read(text) {
  return text.split("\n").filter((line) => line.trim()).map((line) => {
    const found = /^\s*(?:\[([^\]]*)\])?\s*(.*)$/.exec(line);
    const points = found[2].trim().split(/\s+/).map((corner) => corner.split(",").map(Number));
    return { preset: found[1] ?? "", points: points.filter((point) => point.length === 2 && point.every(Number.isFinite)) };
  });
}

function write() {
  field.value = masks.map(({ preset, points }) => (preset ? `[${preset}] ` : "") + points.map((one) => one.join(",")).join(" ")).join("\n");
}

// -- drawing -------------------------------------------------------------------------------------------------

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function draw() {
  const focused = svg.querySelector(":focus")?.dataset.place;
  const radius = [70, (70 * stage.clientWidth) / stage.clientHeight];
  svg.replaceChildren();
  for (const { points } of masks) svg.append(element("polygon", { points: points.join(" ") }));
  if (open) svg.append(element("polyline", { points: open.join(" ") }));
  const shapes = open ? [...masks.map((one) => one.points), open] : masks.map((one) => one.points);
  if (field.readOnly) return;
  shapes.forEach((points, mask) => points.forEach(([x, y], corner) => {
    const label = stage.dataset.corner.replace("{m}", mask + 1).replace("{c}", corner + 1);
    const handle = element("ellipse", { class: "corner", cx: x, cy: y, rx: radius[0], ry: radius[1], tabindex: 0, role: "button", "aria-label": `${label} : ${x}, ${y}` });
    handle.dataset.place = `${mask}.${corner}`;
    svg.append(handle);
  }));
  if (focused) svg.querySelector(`[data-place="${focused}"]`)?.focus();
}

const shape = (mask) => (mask < masks.length ? masks[mask].points : open);
const inside = (value) => Math.min(FULL, Math.max(0, Math.round(value)));

function at(event) {
  const box = svg.getBoundingClientRect();
  return [inside(((event.clientX - box.left) / box.width) * FULL), inside(((event.clientY - box.top) / box.height) * FULL)];
}

function placeOf(target) {
  return target.dataset?.place?.split(".").map(Number);
}

function close() {
  if (open && open.length > 2) masks.push({ preset: "", points: open });
  open = null;
  write();
  draw();
}

function press(event) {
  const place = placeOf(event.target);
  if (place && open && place[0] === masks.length && place[1] === 0 && open.length > 2) return close();
  if (place) return drag(event, place);
  (open ??= []).push(at(event));
  draw();
}

function drag(event, [mask, corner]) {
  event.target.focus();
  svg.setPointerCapture(event.pointerId);
  const move = (moved) => {
    shape(mask)[corner] = at(moved);
    write();
    draw();
  };
  svg.addEventListener("pointermove", move);
  svg.addEventListener("pointerup", () => svg.removeEventListener("pointermove", move), { once: true });
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function key(event) {
  const place = placeOf(event.target);
  if (!place) return;
  const [mask, corner] = place;
  const points = shape(mask);
  const step = STEPS[event.key];
  if (step) {
    const pixels = event.shiftKey ? 10 : 1;
    const unit = [FULL / (image.naturalWidth || 1920), FULL / (image.naturalHeight || 1080)];
    points[corner] = points[corner].map((value, axis) => inside(value + Math.sign(step[axis]) * Math.max(1, unit[axis]) * pixels));
  } else if (event.key === "Delete") {
    points.splice(corner, 1);
    if (mask < masks.length && points.length < 3) masks.splice(mask, 1);
  } else if (event.key === "Enter" && mask === masks.length) {
    return close();
  } else return;
  event.preventDefault();
  write();
  draw();
}

// -- pictures ------------------------------------------------------------------------------------------------

async function granted(kind, span = {}) {
  const asked = { requests: [{ camera: form.dataset.camera, kind, ...span }], reason: { code: "maintenance" } };
  const headers = { "Content-Type": "application/json", "X-CSRFToken": form.dataset.csrf };
  const answer = await (await fetch("/api/grants", { method: "POST", headers, body: JSON.stringify(asked) })).json();
  const error = answer.error ?? answer.grants[0].error;
  if (error) throw new Error(french ? error.message_fr : error.message);
  return answer.grants[0];
}

async function fetched(grant, path) {
  const answer = await fetch(grant.node_url + path, { headers: { Authorization: `Beffroi-Grant ${grant.token}` } });
  if (answer.status !== 200) return null;
  return { atUs: answer.headers.get("X-Beffroi-At-Us"), content: await answer.blob() };
}

async function sha256(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function show(picture, content) {
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(content);
  picture.hidden = false;
  return picture.decode();
}

async function still() {
  const found = await fetched(await granted("snapshot"), `/snapshot/${form.dataset.camera}`);
  if (!found) throw new Error("–");
  await show(image, found.content);
  stage.style.aspectRatio = `${image.naturalWidth} / ${image.naturalHeight}`;
  form.elements.still_at_us.value = found.atUs ?? "";
  form.elements.still_sha256.value = await sha256(found.content);
  draw();
}

async function proof(button) {
  const pair = document.querySelector(".pair");
  const [before, after] = pair.querySelectorAll("figure");
  const said = pair.querySelector("p");
  pair.hidden = false;
  let seen = false;
  for (const [figure, atUs] of [[before, Number(button.dataset.before)], [after, Number(button.dataset.proof)]]) {
    figure.hidden = true;
    if (!atUs) continue;
    const grant = await granted("thumbnails", { from_at_us: atUs - 1, to_at_us: atUs + 1 });
    const found = await fetched(grant, `/thumbnail/${form.dataset.camera}?at_us=${atUs}`);
    if (!found || Number(found.atUs) !== atUs) continue;
    await show(figure.querySelector("img"), found.content);
    figure.hidden = false;
    if (figure === after) seen = (await sha256(found.content)) === button.dataset.sha;
  }
  said.textContent = seen ? pair.dataset.checked : pair.dataset.gone;
}

// -- wiring --------------------------------------------------------------------------------------------------

const ACTS = {
  still,
  undo: () => {
    if (open) open.pop();
    if (open && !open.length) open = null;
    draw();
  },
  clear: () => {
    [masks, open] = [[], null];
    write();
    draw();
  },
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-act], [data-proof]");
  if (!button) return;
  button.disabled = true;
  try {
    await (button.dataset.act ? ACTS[button.dataset.act]() : proof(button));
    if (told) told.textContent = "";
  } catch (error) {
    (button.dataset.act ? told : document.querySelector(".pair p")).textContent = error.message;
  }
  button.disabled = false;
});
if (!field.readOnly) {
  svg.addEventListener("pointerdown", press);
  svg.addEventListener("keydown", key);
}
field.addEventListener("input", () => {
  masks = read(field.value);
  draw();
});
form.addEventListener("submit", close);
masks = read(field.value);
draw();
