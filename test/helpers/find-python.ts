import { spawnSync } from 'node:child_process';

const names = [process.env.STEPS_ANIMATION_PYTHON, 'python3', 'python'].flatMap((name) => name || []);

/** A Python that has a package; undefined where there is none, which is no fault. */
export function findPython(packageName: string): string | undefined {
  const python = names.find((name) => spawnSync(name, ['-c', `import ${packageName}`]).status === 0);
  if (!python) {
    console.warn(
      `${packageName} is not tried: pip install ${packageName}, and name that Python in STEPS_ANIMATION_PYTHON`,
    );
  }
  return python;
}
