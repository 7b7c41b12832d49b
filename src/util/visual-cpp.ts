import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What native libraries such as onnxruntime and libsql load on Windows, and a clean one does not have. */
const libraries = ['msvcp140.dll', 'vcruntime140.dll', 'vcruntime140_1.dll'];

/** What to do on a Windows without Microsoft's Visual C++ runtime, as a sentence; undefined where it is not missing. */
export function visualCppRemedy(): string | undefined {
  if (process.platform !== 'win32') return undefined;
  const folder = join(process.env.SystemRoot ?? 'C:\\Windows', 'System32');
  if (libraries.every((name) => existsSync(join(folder, name)))) return undefined;
  const address = `https://aka.ms/vs/17/release/vc_redist.${process.arch === 'arm64' ? 'arm64' : 'x64'}.exe`;
  return `Microsoft's Visual C++ runtime is missing: install it from ${address} and try again.`;
}
