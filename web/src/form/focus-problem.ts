/** Moves the focus to the first field that is wrong, and opens the sections that it is in. */
export function focusProblem(form: HTMLElement): void {
  const field = form.querySelector<HTMLElement>('[aria-invalid=true]');
  for (let part = field?.closest('[role=region]'); part; part = part.parentElement?.closest('[role=region]')) {
    const control = document.getElementById(part.getAttribute('aria-labelledby') ?? '');
    if (control?.getAttribute('aria-expanded') === 'false') control.click();
  }
  // What is in a closed section takes the focus only when it is shown.
  setTimeout(() => field?.focus(), 50);
}
