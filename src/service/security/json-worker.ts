import { serveTasks } from '../../util/task-runner.js';
import { parseJson } from './json-body.js';

// The thread that json-body.ts starts for large bodies.

serveTasks(parseJson);
