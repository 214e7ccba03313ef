import { expect, test } from "vitest";
import { type GrantAnswer, type GrantQuestion, GrantRefused, Grants } from "../src/media/grants";

const live = (camera: string): GrantQuestion => ({ camera, kind: "live", from_at_us: 0, to_at_us: 0 });

function town(nowUs: () => number) {
  const asked: (readonly GrantQuestion[])[] = [];
  const grants = new Grants(async (questions) => {
    asked.push(questions);
    return questions.map(({ camera, kind }): GrantAnswer => {
      if (camera === "barred") return { camera, kind, error: { kind: "not-permitted", message: "No.", message_fr: "Non." } };
      const at = nowUs();
      return { camera, kind, token: `${camera}@${at}`, node_url: "", open_before_us: at + 60e6, ends_at_us: at + 900e6 };
    });
  }, nowUs);
  return { asked, grants };
}

test("questions of the same breath travel in one request", async () => {
  const { asked, grants } = town(() => 1e6);
  const got = await Promise.all(["a", "b", "c"].map((id) => grants.get(live(id))));
  expect(asked.map((batch) => batch.length)).toEqual([3]);
  expect(got.map((one) => one.camera)).toEqual(["a", "b", "c"]);
});

test("a batch never holds more than sixty-four questions", async () => {
  const { asked, grants } = town(() => 1e6);
  await Promise.all(Array.from({ length: 70 }, (_, i) => grants.get(live(`c${i}`))));
  expect(asked.map((batch) => batch.length)).toEqual([64, 6]);
});

test("a grant is used again until it nears its end", async () => {
  let now = 1e6;
  const { asked, grants } = town(() => now);
  const first = await grants.get(live("a"));
  now += 700e6;
  expect(await grants.get(live("a"))).toBe(first);
  now += 100e6;
  expect((await grants.get(live("a"))).token).not.toBe(first.token);
  expect(asked).toHaveLength(2);
});

test("a wider span serves a narrower one, never the reverse", async () => {
  const { asked, grants } = town(() => 1e6);
  const span = (from: number, to: number): GrantQuestion => ({ camera: "a", kind: "replay", from_at_us: from, to_at_us: to });
  await grants.get(span(10, 100));
  await grants.get(span(20, 90));
  expect(asked).toHaveLength(1);
  await grants.get(span(20, 101));
  expect(asked).toHaveLength(2);
});

test("a refusal carries web's own words", async () => {
  const { grants } = town(() => 1e6);
  const refused = grants.get(live("barred"));
  await expect(refused).rejects.toBeInstanceOf(GrantRefused);
  await expect(refused).rejects.toMatchObject({ reason: { message_fr: "Non." } });
});

test("a new reason forgets the grants of the old one", async () => {
  const { asked, grants } = town(() => 1e6);
  await grants.get(live("a"));
  grants.clear();
  await grants.get(live("a"));
  expect(asked).toHaveLength(2);
});
