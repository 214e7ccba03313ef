/** What buttons and keys of the post do beyond choosing a camera. */

import { JUST_NOW_US, lockNow } from "../locks";
import { has, nowUs } from "../store";
import * as post from "./model";

const REVIEW_US = 10e6;

export function review(): void {
  if (!has("replay") || !post.spot.value) return;
  post.reviewFromUs.value = (post.reviewFromUs.value ?? nowUs()) - REVIEW_US;
}

export function backToLive(): void {
  post.reviewFromUs.value = null;
}

export function openReplay(): void {
  const camera = post.spot.value;
  if (!camera || !has("replay")) return;
  const at = new Date((nowUs() - REVIEW_US) / 1000).toISOString();
  location.assign(`/relecture/?camera=${encodeURIComponent(camera.id)}&at=${encodeURIComponent(at)}`);
}

/** Locks what the picture has just shown: one key, no question. */
export function lockJustNow(): void {
  const camera = post.spot.value;
  const toUs = nowUs();
  if (camera) void lockNow([camera], { fromUs: toUs - JUST_NOW_US, toUs });
}

/** A line of the logbook about what is seen now, in a window of its own: the picture stays. */
export function noteLine(): void {
  const query = new URLSearchParams({ camera: post.spot.value?.id ?? "", at_us: String(Math.round(nowUs())) });
  window.open(`/main-courante/noter/?${query}`, "beffroi-main-courante", "popup,width=760,height=900");
}

export function openWall(): void {
  window.open("/mur/", "beffroi-mur");
}
