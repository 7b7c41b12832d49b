import type { Body, Entry, Recording } from '../record/recording.js';

type Message = Extract<Entry, { type: 'message' }>;

/** What a program does on its sockets by itself, in the order in which it does it. */
type Act =
  /** sends a message once so many sockets were opened and so many requests came that asked for something to be done */
  | {
      readonly type: 'send';
      readonly body: Body;
      readonly socket: number;
      readonly orders: number;
      /** milliseconds since the recording began */
      readonly at: number;
      /** how much of the recording has happened then */
      readonly entry: number;
      /** whether it goes to nobody */
      readonly isLost?: boolean;
    }
  /** cuts off the sockets, at once or when the test does */
  | { readonly type: 'cut'; readonly isAtOnce: boolean };

export type Script = readonly Act[];
type Send = Extract<Act, { type: 'send' }>;

export function scriptOf(recording: Recording): Script {
  let orders = 0;
  return recording.flatMap((entry, index): Act[] => {
    if (entry.type === 'request' && isOrder(entry)) orders++;
    if (entry.type === 'close' && entry.from === 'recorder') return [{ type: 'cut', isAtOnce: false }];
    if (!isSent(entry)) return [];
    const { body, socket, at } = entry;
    return [{ type: 'send', body, socket, orders, at, entry: index }];
  });
}

/** Whether something is asked for, not only asked. */
export function isOrder({ method }: { readonly method?: string | undefined }): boolean {
  return method !== 'GET';
}

export function isSent(entry: Entry): entry is Message {
  return entry.type === 'message' && entry.from === 'server';
}

/** The same with sockets that are cut off after some messages; of those after that, some go to nobody. */
export function withCut(script: Script, after: number, lost: number): Script {
  const missed = script.slice(after, after + lost).map((act) => ({ ...act, isLost: true }));
  const later = script
    .slice(after + lost)
    .map((act) => (act.type === 'send' ? { ...act, socket: act.socket + 1 } : act));
  return [...script.slice(0, after), { type: 'cut', isAtOnce: true }, ...missed, ...later];
}

/** The same with messages that come twice, by their places. */
export function withDuplicates(script: Script, places: readonly number[]): Script {
  return script.flatMap((act, index) => (places.includes(index) ? [act, act] : [act]));
}

/** The same with messages that come before the one that was before them, by their places. */
export function withSwaps(script: Script, places: readonly number[]): Script {
  const acts = [...script];
  for (const place of places) {
    const [before, after] = [acts[place - 1], acts[place]];
    // What answers an order or a new socket cannot come before it.
    if (!isSend(before) || !isSend(after) || before.orders !== after.orders || before.socket !== after.socket) continue;
    acts.splice(place - 1, 2, after, before);
  }
  return acts;
}

function isSend(act: Act | undefined): act is Send {
  return act?.type === 'send';
}
