/** Takes what has been loaded, and gives it back. */
type Keep = <T extends AsyncDisposable>(part: T) => T;

/** What `load` gives. When it fails, the parts that it has kept until then are disposed of: they may fill a GPU. */
export async function allOrNothing<T>(load: (keep: Keep) => Promise<T>): Promise<T> {
  const kept: AsyncDisposable[] = [];
  try {
    return await load((part) => {
      kept.push(part);
      return part;
    });
  } catch (error) {
    for (const part of kept) await part[Symbol.asyncDispose]();
    throw error;
  }
}
