/**
 * The part of ECMAScript's `AsyncDisposableStack` that this package uses; Node.js has it from version 24 on.
 *
 * Disposes of its resources in reverse order, unless they were moved to another stack before.
 */
export class AsyncDisposableStack implements AsyncDisposable {
  #resources: AsyncDisposable[] = [];

  /** Adds a resource, and returns it. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#resources.push(resource);
    return resource;
  }

  /** Moves all resources to a new stack, so that disposing of this one leaves them alone. */
  move(): AsyncDisposableStack {
    const moved = new AsyncDisposableStack();
    moved.#resources = this.#resources;
    this.#resources = [];
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#resources.splice(0).reverse()) await resource[Symbol.asyncDispose]();
  }
}
