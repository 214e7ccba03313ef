// The test pattern of one camera, drawn by its recorder: asked for by grant, shown again every two seconds.
const box = document.getElementById("pattern");
const [button, picture, told] = ["button", "img", "[role=status]"].map((one) => box.querySelector(one));
const ROUNDS = 30;
const EVERY_MS = 2000;

async function granted() {
  const asked = { requests: [{ camera: box.dataset.camera, kind: "test-pattern" }], reason: { code: "maintenance" } };
  const headers = { "Content-Type": "application/json", "X-CSRFToken": box.dataset.csrf };
  const answer = await (await fetch("/api/grants", { method: "POST", headers, body: JSON.stringify(asked) })).json();
  const error = answer.error ?? answer.grants[0].error;
  if (error) throw new Error(document.documentElement.lang === "fr" ? error.message_fr : error.message);
  return answer.grants[0];
}

async function draw(grant) {
  const headers = { Authorization: `Beffroi-Grant ${grant.token}` };
  const answer = await fetch(`${grant.node_url}/pattern/${box.dataset.camera}`, { headers });
  if (!answer.ok) throw new Error(`${answer.status}`);
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(await answer.blob());
  picture.hidden = false;
}

button.addEventListener("click", async () => {
  button.disabled = true;
  told.textContent = "";
  try {
    const grant = await granted();
    for (let round = 0; round < ROUNDS; round += 1) {
      await draw(grant);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  } catch (error) {
    told.textContent = error.message;
  }
  button.disabled = false;
});
