import { z } from 'zod';
import { problem } from './shapes.js';

/*
 * Answers that are no JSON object of their own, for the documentation. Those with bytes are sent past the serializer.
 */

const bytes = z.any().meta({ type: 'string', format: 'binary' });

function binary<Types extends readonly string[]>(description: string, ...types: Types) {
  return { description, content: Object.fromEntries(types.map((type) => [type, { schema: bytes }])) };
}

const unchanged = z.any().meta({ type: 'null', description: 'It has not changed since the client got it.' });

/** Of an action without a result. */
export const noContent = { 204: z.any().meta({ type: 'null', description: 'Done.' }) };

/** Of a file, which may be requested in parts. */
export function fileResponse(...types: readonly string[]) {
  return { 200: binary('The file.', ...types), 206: binary('The requested part.', ...types), 304: unchanged };
}

/** Of a picture that is made for each request. */
export function pictureResponse(type: string) {
  return { 200: binary('The picture.', type), 304: unchanged };
}

export const eventsResponse = {
  200: { description: 'Events, until the client disconnects.', content: { 'text/event-stream': { schema: z.any() } } },
};

/** Of every route: what is wrong with the request, or with the service. */
export const problemResponses = Object.fromEntries(
  [
    ['4xx', 'The request cannot be fulfilled.'],
    ['5xx', 'The service, or a program that it uses, failed; 503 and 507 say when to try again.'],
  ].map(([status, description]) => [
    status,
    { description, content: { 'application/problem+json': { schema: problem } } },
  ]),
);
