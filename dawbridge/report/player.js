"use strict";
// The players: all signals run together, and all but one are muted. So a switch keeps the position and has no gap.
(() => {
  const root = document.getElementById("player");
  if (!root) return;
  const find = (id) => document.getElementById(id);
  const audios = [...root.querySelectorAll("audio")];
  const choices = [...root.querySelectorAll("[data-choice]")];
  const waves = [...root.querySelectorAll("[data-wave]")];
  const [play, seek, now, trouble] = ["play", "seek", "now", "trouble"].map(find);
  const length = Number(root.dataset.length);
  const start = Number(root.dataset.start);
  const NOT_HEARD_S = 0.03; // a jump this small is better left than mended: mending is a gap
  let chosen = 0;
  let isPlaying = false;

  const clock = (seconds) => {
    const whole = Math.floor(seconds);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };

  function show() {
    const at = Math.min(audios[chosen].currentTime, length);
    const x = (600 * at) / length;
    find("played").setAttribute("width", x);
    find("head").setAttribute("d", `M${x} 0V100`);
    now.textContent = clock(start + at);
    seek.value = at;
    seek.setAttribute("aria-valuetext", `${clock(start + at)} of ${clock(start + length)}`);
  }

  function align(audio, tolerance) {
    const at = audios[chosen].currentTime;
    if (Math.abs(audio.currentTime - at) > tolerance) audio.currentTime = at;
  }

  function follow() {
    show();
    if (isPlaying) requestAnimationFrame(follow);
  }

  function startAll() {
    if (audios[chosen].ended || audios[chosen].currentTime >= length - 0.05) go(0);
    isPlaying = true;
    root.classList.add("playing");
    play.setAttribute("aria-label", "Pause");
    for (const audio of audios) {
      align(audio, 0);
      audio.play().catch(showError);
    }
    requestAnimationFrame(follow);
  }

  function stopAll() {
    isPlaying = false;
    root.classList.remove("playing");
    play.setAttribute("aria-label", "Play");
    for (const audio of audios) audio.pause();
    for (const audio of audios) align(audio, 0);
    show();
  }

  function go(seconds) {
    const at = Math.max(0, Math.min(seconds, length));
    for (const audio of audios) audio.currentTime = at;
    show();
  }

  function choose(index) {
    if (!audios[index]) return;
    align(audios[index], NOT_HEARD_S);
    if (isPlaying && audios[index].paused) audios[index].play().catch(showError);
    chosen = index;
    audios.forEach((audio, i) => (audio.muted = i !== index));
    choices.forEach((button, i) => button.setAttribute("aria-pressed", String(i === index)));
    waves.forEach((wave, i) => wave.classList.toggle("shown", i === index));
    root.dataset.heard = audios[index].dataset.signal;
    show();
  }

  function showError(error) {
    if (error && error.name === "AbortError") return; // paused again before it had begun
    trouble.textContent = "This browser did not play the sound; the audio files lie beside this page.";
    if (isPlaying) stopAll();
  }

  const toggle = () => (isPlaying ? stopAll() : startAll());

  play.addEventListener("click", (event) => {
    if (event.detail) play.blur(); // clicked by mouse: the space bar then plays, whatever was clicked last
    toggle();
  });
  choices.forEach((button, index) =>
    button.addEventListener("click", (event) => {
      if (event.detail) button.blur();
      choose(index);
    })
  );
  seek.addEventListener("input", () => go(Number(seek.value)));
  audios.forEach((audio, index) => {
    audio.addEventListener("error", showError);
    audio.addEventListener("ended", () => index === chosen && stopAll());
    audio.addEventListener("timeupdate", () => isPlaying && index !== chosen && align(audio, NOT_HEARD_S));
  });

  const keys = {
    " ": toggle,
    ArrowLeft: () => go(audios[chosen].currentTime - 5),
    ArrowRight: () => go(audios[chosen].currentTime + 5),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isDigit = /^[1-9]$/.test(event.key) && choices[event.key - 1];
    if (!isDigit && !keys[event.key]) return;
    // A focused button or fold keeps its own space bar, a table that scrolls its own arrows.
    const own = event.key === " " ? "button, a, summary" : "[tabindex]";
    if (!isDigit && event.target.closest(own)) return;
    event.preventDefault();
    if (isDigit) choose(Number(event.key) - 1);
    else if (!event.repeat || event.key !== " ") keys[event.key]();
  });

  choose(0);
})();
