/** Where programs listen if nobody says otherwise, by the names of their hosts. */
export const usualAddresses = {
  comfyui: 'http://127.0.0.1:8188',
  invokeai: 'http://127.0.0.1:9090',
  webui: 'http://127.0.0.1:7860',
} as const;

/** Where a host is, of which the address may be left out; undefined for the embedded one. */
export function addressOf(kind: string, url: string | null | undefined): string | undefined {
  const usual: Readonly<Record<string, string>> = usualAddresses;
  return url ?? usual[kind];
}
