/** What the service answers to what it cannot do (RFC 9457), or what the browser says when it is not there. */
class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

type Sent = { readonly method?: 'GET' | 'POST' | 'DELETE'; readonly body?: unknown; readonly signal?: AbortSignal };

/**
 * Asks the service.
 * @param path below /api/v1
 * @throws ApiError with a sentence for people
 */
export async function ask<T>(path: string, { method = 'GET', body, signal }: Sent = {}): Promise<T> {
  const isFile = body instanceof Blob;
  const response = await fetch(`/api/v1${path}`, {
    method,
    signal: signal ?? null,
    ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
    headers: body === undefined ? {} : { 'content-type': isFile ? 'application/octet-stream' : 'application/json' },
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'The service cannot be reached. Is it still running?');
  });
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  const problem: unknown = await response.json().catch(() => undefined);
  throw new ApiError(response.status, detailOf(problem) ?? `The service answered ${response.status}.`);
}

function detailOf(problem: unknown): string | undefined {
  if (typeof problem !== 'object' || problem === null || !('detail' in problem)) return undefined;
  return typeof problem.detail === 'string' ? problem.detail : undefined;
}
