// Clients of the service, as many as its address is followed by: half poll the web UIs' progress every half second (and
// half of those ask for the picture, too), half listen to events. Started by service.mjs; says `ready`, and after a
// line on standard input what was answered.
import { once, setMaxListeners } from 'node:events';
import { get } from 'node:http';
import { setPriority } from 'node:os';
import { setTimeout } from 'node:timers/promises';

const [url, count] = [process.argv[2], Number(process.argv[3])];
const answers = { polls: 0, errors: 0, longestMs: 0, listeners: count / 2, ended: 0 };
const stop = new AbortController();
setMaxListeners(0, stop.signal);
// In life they are on other machines: what they do themselves must not count.
setPriority(19);

async function poll(index) {
  const path = `sdapi/v1/progress${index % 2 ? '?skip_current_image=true' : ''}`;
  await setTimeout(index * 5);
  while (!stop.signal.aborted) {
    const begun = performance.now();
    const response = await fetch(new URL(path, url)).catch(() => undefined);
    await response?.text();
    answers.polls++;
    if (!response?.ok) answers.errors++;
    answers.longestMs = Math.max(answers.longestMs, performance.now() - begun);
    await setTimeout(500, undefined, { signal: stop.signal }).catch(() => {});
  }
}

/** Ready when the service has answered; counts whether the end of a job was heard. */
async function listen() {
  const request = get(new URL('api/v1/events', url), { agent: false });
  request.on('error', () => {
    if (!stop.signal.aborted) answers.errors++;
  });
  const [response] = await once(request, 'response');
  stop.signal.addEventListener('abort', () => request.destroy());
  let hasEnded = false;
  response.setEncoding('utf8').on('data', (text) => {
    if (hasEnded || !text.includes('event: ended')) return;
    hasEnded = true;
    answers.ended++;
  });
  response.on('error', () => {});
}

await Promise.all(Array.from({ length: count / 2 }, listen));
const polling = Array.from({ length: count / 2 }, (_, index) => poll(index));
console.log('ready');
await once(process.stdin, 'data');
stop.abort();
await Promise.all(polling);
console.log(JSON.stringify(answers));
process.exit();
