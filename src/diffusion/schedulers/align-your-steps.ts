import { linspace, type ScheduleRequest, type Scheduler } from './scheduler.js';
import { sigmaAt } from './training-sigmas.js';

type Levels = Readonly<Record<ScheduleRequest['family'], readonly number[]>>;

/** Sabour et al. 2024, "Align Your Steps: Optimizing Sampling Schedules in Diffusion Models", table 3. */
const optimised: Levels = {
  sd: [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029],
  sdxl: [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.38, 0.234, 0.113, 0.029],
};

/** Found with the method of Chen et al. 2024, "On the Trajectory Regularity of ODE-based Diffusion Sampling"; as in Forge. */
const regularised: Levels = {
  sd: [14.615, 4.617, 2.507, 1.236, 0.702, 0.402, 0.24, 0.156, 0.104, 0.094, 0.029],
  sdxl: [14.615, 4.734, 2.567, 1.529, 0.987, 0.652, 0.418, 0.268, 0.179, 0.127, 0.029],
};

/**
 * The levels optimised for Stable Diffusion 1.5 or SDXL (Sabour et al. 2024), interpolated for other numbers of levels
 * than 11 as the authors advise. Ignores the requested range of levels. A single step starts at the highest level (the
 * web UI starts it at the lowest, which leaves all the noise).
 */
export const alignYourSteps: Scheduler = ({ steps, family }) => [...respaced(optimised[family], steps), 0];

/** The same with 0.015 as the lowest level, interpolated through 32 levels: Forge's table of 32 levels. */
export const alignYourSteps32: Scheduler = ({ steps, family }) => {
  const deeper = [...optimised[family].slice(0, -1), 0.015];
  return [...respaced(respaced(deeper, 32), steps), 0];
};

/** Geometry-inspired time scheduling (GITS): Chen et al. 2024, in the form of {@link alignYourSteps}. */
export const alignYourStepsGits: Scheduler = ({ steps, family }) => [...respaced(regularised[family], steps), 0];

/** `steps` levels, interpolated linearly in log σ. */
function respaced(levels: readonly number[], steps: number): number[] {
  return linspace(0, levels.length - 1, steps).map((position) => sigmaAt(levels, position));
}
