import type { Preview, SocketMessage } from './socket.js';

type StepPlace = { readonly pass: number; readonly step: number };

/** Finds out which step a preview shows: the messages before it say how far each node is. */
export class StepPlaces {
  readonly #samplers: readonly string[];
  readonly #steps = new Map<string, number>();
  readonly #lastTaken = new Map<string, number>();
  #currentNode: string | undefined;

  /** @param samplers the nodes that sample, in the order of their passes */
  constructor(samplers: readonly string[]) {
    this.#samplers = samplers;
  }

  /** The node that is running, by the last message. */
  get currentNode(): string | undefined {
    return this.#currentNode;
  }

  update({ name, data }: Extract<SocketMessage, { type: 'event' }>): void {
    const { node, value, nodes } = data;
    if (name === 'executing') this.#currentNode = typeof node === 'string' ? node : undefined;
    if (name === 'progress') this.#note(node ?? this.#currentNode, value);
    if (name !== 'progress_state' || typeof nodes !== 'object' || nodes === null) return;
    for (const [id, state] of Object.entries(nodes as Record<string, Record<string, unknown>>)) {
      if (state.state === 'running') this.#note(state.real_node_id ?? id, state.value);
    }
  }

  #note(node: unknown, value: unknown): void {
    if (typeof node !== 'string' || typeof value !== 'number') return;
    this.#currentNode = node;
    this.#steps.set(node, value);
  }

  /** The place of a preview; undefined for one of no sampler, and for a step that was taken already. */
  take({ node = this.#currentNode }: Preview): StepPlace | undefined {
    const pass = this.#samplers.indexOf(node ?? '');
    const step = this.#steps.get(node ?? '') ?? 0;
    if (node === undefined || pass < 0 || step <= (this.#lastTaken.get(node) ?? 0)) return undefined;
    this.#lastTaken.set(node, step);
    return { pass, step };
  }
}
