import { words } from '../words/words.js';

/** An error answer of the service (RFC 9457), or a failed connection with the status 0. */
class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

type RequestOptions = {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
};

/**
 * Sends a request to the service.
 * @param path below /api/v1
 * @throws ApiError with a message for the user
 */
export async function request<T>(path: string, { method = 'GET', body, signal }: RequestOptions = {}): Promise<T> {
  const isFile = body instanceof Blob;
  const response = await fetch(`/api/v1${path}`, {
    method,
    signal: signal ?? null,
    ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
    headers: body === undefined ? {} : { 'content-type': isFile ? 'application/octet-stream' : 'application/json' },
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError(0, words().notices.noService);
  });
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  const problem: unknown = await response.json().catch(() => undefined);
  throw new ApiError(response.status, detailOf(problem) ?? words().notices.answered(response.status));
}

function detailOf(problem: unknown): string | undefined {
  if (typeof problem !== 'object' || problem === null || !('detail' in problem)) return undefined;
  return typeof problem.detail === 'string' ? problem.detail : undefined;
}
