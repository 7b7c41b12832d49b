import type { Frame } from './frames.js';
import type { SocketMessage } from './socket.js';

type Picture = Extract<Frame, { type: 'picture' }>;
export type StepPlace = { readonly pass: number; readonly step: number };

/** Tells which step a preview shows: the messages before it say which node is how far. */
export class StepPlaces {
  readonly #samplers: readonly string[];
  readonly #steps = new Map<string, number>();
  readonly #told = new Map<string, number>();
  #current: string | undefined;

  /** @param samplers the nodes that sample, in the order of their passes */
  constructor(samplers: readonly string[]) {
    this.#samplers = samplers;
  }

  /** the node that is at work, as far as messages tell */
  get current(): string | undefined {
    return this.#current;
  }

  learn({ name, data }: Extract<SocketMessage, { type: 'event' }>): void {
    const { node, value, nodes } = data;
    if (name === 'executing') this.#current = typeof node === 'string' ? node : undefined;
    if (name === 'progress') this.#note(node ?? this.#current, value);
    if (name !== 'progress_state' || typeof nodes !== 'object' || nodes === null) return;
    for (const [id, state] of Object.entries(nodes as Record<string, Record<string, unknown>>)) {
      if (state.state === 'running') this.#note(state.real_node_id ?? id, state.value);
    }
  }

  #note(node: unknown, value: unknown): void {
    if (typeof node !== 'string' || typeof value !== 'number') return;
    this.#current = node;
    this.#steps.set(node, value);
  }

  /** The place of a preview; undefined for a picture of no sampler, and for a step that was told already. */
  place({ node = this.#current }: Picture): StepPlace | undefined {
    const pass = this.#samplers.indexOf(node ?? '');
    const step = this.#steps.get(node ?? '') ?? 0;
    if (node === undefined || pass < 0 || step <= (this.#told.get(node) ?? 0)) return undefined;
    this.#told.set(node, step);
    return { pass, step };
  }
}
