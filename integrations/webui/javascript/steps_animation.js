// Refreshes the players once per second while their movies are being made.
setInterval(() => {
  const page = gradioApp();
  for (const tab of ['txt2img', 'img2img']) {
    const isPending = page.querySelector(`#steps_animation_player_${tab} .steps-animation-pending`);
    if (isPending) page.querySelector(`#steps_animation_refresh_${tab}`)?.click();
  }
}, 1000);
