// Where samplers and schedulers come from: the papers that their code cites.
const paper = (title, id) => `[${title}](https://arxiv.org/abs/${id})`;

const karras = paper('Karras et al. 2022', '2206.00364');
const ddim = paper('Song et al. 2021', '2010.02502');
const ddpm = paper('Ho et al. 2020', '2006.11239');
const dpmSolver = paper('Lu et al. 2022, DPM-Solver', '2206.00927');
const dpmSolverPlus = paper('Lu et al. 2022, DPM-Solver++', '2211.01095');
const alignYourSteps = paper('Sabour et al. 2024', '2404.14507');
const kDiffusion = '[k-diffusion](https://github.com/crowsonkb/k-diffusion)';

export const papersOfSamplers = {
  'Euler a': ddpm,
  Euler: karras,
  LMS: `Adams and Bashforth 1883; ${kDiffusion}`,
  Heun: karras,
  DPM2: dpmSolver,
  'DPM2 a': dpmSolver,
  'DPM++ 2S a': dpmSolverPlus,
  'DPM++ 2M': dpmSolverPlus,
  'DPM++ SDE': dpmSolverPlus,
  'DPM++ 2M SDE': dpmSolverPlus,
  'DPM++ 2M SDE Heun': dpmSolverPlus,
  'DPM++ 3M SDE': dpmSolverPlus,
  'DPM fast': dpmSolver,
  'DPM adaptive': dpmSolver,
  LCM: paper('Luo et al. 2023', '2310.04378'),
  Restart: paper('Xu et al. 2023', '2306.14878'),
  DDIM: ddim,
  'DDIM CFG++': paper('Chung et al. 2024', '2406.08070'),
  PLMS: paper('Liu et al. 2022', '2202.09778'),
  UniPC: paper('Zhao et al. 2023', '2302.04867'),
  DDPM: ddpm,
  DEIS: paper('Zhang and Chen 2022', '2204.13902'),
};

export const papersOfSchedulers = {
  Uniform: kDiffusion,
  Karras: karras,
  Exponential: kDiffusion,
  Polyexponential: kDiffusion,
  'SGM Uniform': '[generative-models](https://github.com/Stability-AI/generative-models)',
  'KL Optimal': alignYourSteps,
  'Align Your Steps': alignYourSteps,
  Simple: '[ComfyUI](https://github.com/comfyanonymous/ComfyUI)',
  Normal: '[ComfyUI](https://github.com/comfyanonymous/ComfyUI)',
  DDIM: ddim,
  Beta: paper('Lee et al. 2024', '2407.12173'),
  Turbo: paper('Sauer et al. 2023', '2311.17042'),
  'Align Your Steps GITS': paper('Chen et al. 2024', '2405.11326'),
  'Align Your Steps 32': alignYourSteps,
};
