/** How long a program may be away, or answer nothing, during a run before the run is given up; in milliseconds. */
export const defaultAwayTimeoutMs = 60_000;
/** How long to wait for a message before the program is asked how the run is doing. */
export const silenceTimeoutMs = 10_000;
/** Of a request by which a run ends: whoever has stopped it waits for that. */
export const cancelTimeoutMs = 4000;
/** How long a program that still answers may take to end a run that it was asked to stop; then it is left to itself. */
export const stopTimeoutMs = 60_000;

/** Of an answer without a picture; a long queue of ComfyUI's with its workflows has some megabytes. */
export const maxJsonBytes = 64 * 2 ** 20;
/** Of an answer with a picture: 64 megapixels that cannot be compressed, in base64, and some more. */
export const maxPictureBytes = 320 * 2 ** 20;
/** Of messages on a socket that have not been read: then the program has to wait, or is given up. */
export const maxWaitingBytes = 64 * 2 ** 20;

/** Aborts some time after another signal, for requests that are worth a short wait; not by one that has aborted. */
export function abortedLater(signal: AbortSignal, delayMs: number): AbortSignal {
  const controller = new AbortController();
  const abort = () => void setTimeout(() => controller.abort(), delayMs).unref();
  if (!signal.aborted) signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
