import type { Server } from 'node:http';
import { Server as SocketIoServer } from 'socket.io';
import { WebSocketServer } from 'ws';
import { type Body, bytesOf, type Entry, type Recording, textOf } from '../record/recording.js';

/** The sockets on which a program sends the same to all its clients. */
export type ServedSockets = {
  readonly send: (message: Body) => void;
  /** cuts all of them off, as a network that fails */
  readonly cut: () => void;
};

/** @param opened called when a client listens */
export type ServeSockets = (server: Server, opened: () => void) => ServedSockets;

export function webSockets(server: Server, opened: () => void): ServedSockets {
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', opened);
  return {
    send: (message) => {
      for (const socket of sockets.clients) socket.send(bytesOf(message), { binary: 'base64' in message });
    },
    cut: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

/** InvokeAI's, which sends to those who have subscribed to its queue. Messages are those of `eventsOf`. */
export function queueSockets(server: Server, opened: () => void): ServedSockets {
  const sockets = new SocketIoServer(server, { path: '/ws/socket.io' });
  sockets.on('connection', (socket) => {
    socket.on('subscribe_queue', async ({ queue_id: id }: { readonly queue_id: string }) => {
      await socket.join(id);
      opened();
    });
  });
  return {
    send: (message) => {
      const [name, data] = JSON.parse(textOf(message));
      sockets.to('default').emit(name, data);
    },
    cut: () => {
      for (const socket of sockets.sockets.sockets.values()) socket.conn.close(true);
    },
  };
}

/**
 * A recording with the events that a host listens to, as `[name, data]`, in place of all that socket.io carried.
 * Between others, an answer would count as one of before.
 */
export function eventsOf(recording: Recording): Recording {
  return recording.flatMap((entry): Entry[] => {
    if (entry.type !== 'message') return [entry];
    const text = textOf(entry.body);
    // Socket.io's packet 2, an event, in engine.io's packet 4, a message.
    const isHeard = /^42\["(?:invocation_progress|queue_item_status_changed)"/u.test(text);
    return isHeard ? [{ ...entry, body: { text: text.slice(2) } }] : [];
  });
}
