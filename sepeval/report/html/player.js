"use strict";
// Several files that play together, of which one is heard: switching goes on at the same moment.
// All start together and are muted but one. What drifts while muted is played a little faster or
// slower until it is in step again, so that a switch neither repeats nor leaves out a moment.
sepeval.player = (() => {
  const FAR_S = 0.25; // further apart than this, a file jumps
  const NEAR_S = 0.01; // closer than this, it is in step: a clock is read no finer
  const SMOOTH = 0.1; // share of the newest reading in the mean by which a file is corrected
  let elements = []; // one for each source; null where there is no file
  let apart = []; // by how many seconds each file is ahead of what is heard, smoothed
  let heard = 0, playing = false, still = 0, duration = 0, token = 0;
  let tell = () => {};

  const clock = () => elements[heard]?.currentTime ?? still;

  const align = () => {
    const now = clock();
    elements.forEach((element, at) => {
      if (!element || at === heard || element.readyState < 2) return;
      const found = element.currentTime - now;
      apart[at] = (1 - SMOOTH) * (apart[at] ?? 0) + SMOOTH * found;
      if (Math.abs(found) > FAR_S) {
        element.currentTime = now;
        apart[at] = 0;
      }
      const rate = Math.abs(apart[at]) < NEAR_S ? 1
        : 1 - Math.max(-0.04, Math.min(0.04, apart[at] / 2));
      if (element.playbackRate !== rate) element.playbackRate = rate;
    });
  };

  const tick = () => {
    if (!playing) return;
    still = clock();
    if (elements[heard]?.ended) return stop();
    align();
    tell();
    requestAnimationFrame(tick);
  };

  const stop = () => {
    still = clock();
    playing = false;
    for (const element of elements) element?.pause();
    tell();
  };

  const rewind = () => {
    apart = [];
    for (const element of elements) {
      if (!element) continue;
      element.playbackRate = 1;
      element.currentTime = still;
    }
  };

  const start = async () => {
    if (!elements[heard]) return;
    const own = (token += 1);
    if (duration && still >= duration - 0.05) still = 0;
    rewind();
    playing = true;
    try {
      await Promise.all(elements.filter(Boolean).map((element) => element.play()));
    } catch (error) {
      if (own === token && error.name !== "AbortError") stop();
      return;
    }
    if (own !== token || !playing) return;
    tick();
    tell();
  };

  const seek = (seconds) => {
    still = Math.max(0, Math.min(duration, seconds));
    rewind();
    tell();
  };

  // Hear another source from this moment on; false where it has no file.
  const choose = (at) => {
    if (!elements[at]) return false;
    const now = clock();
    heard = at;
    const element = elements[at];
    element.playbackRate = 1;
    if (Math.abs(element.currentTime - now) > FAR_S) element.currentTime = now;
    apart = [];
    elements.forEach((one, place) => { if (one) one.muted = place !== heard; });
    still = now;
    tell();
    return true;
  };

  // Take other files, at the same moment, playing on if it played.
  const open = (sources, seconds) => {
    const goes = playing;
    const now = clock();
    token += 1;
    playing = false;
    for (const element of elements) {
      element?.pause();
      element?.removeAttribute("src");
      element?.load();
    }
    duration = seconds;
    still = Math.min(now, seconds);
    elements = sources.map((source) => {
      if (!source) return null;
      const element = new Audio();
      element.preload = "auto";
      element.src = source;
      return element;
    });
    if (!elements[heard]) heard = Math.max(0, elements.findIndex(Boolean));
    elements.forEach((one, place) => { if (one) one.muted = place !== heard; });
    if (goes) start();
    else tell();
  };

  const state = () => ({
    playing, heard, duration, time: playing ? clock() : still,
    sources: elements.map((one) => one && {muted: one.muted, time: one.currentTime}),
  });

  return {
    open, choose, seek, stop, start, state,
    toggle: () => (playing ? stop() : start()),
    listen: (function_) => { tell = function_; },
  };
})();
