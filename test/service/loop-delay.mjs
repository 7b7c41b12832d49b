// Loaded before the service (`node --import`): tells a test for how long its event loop was blocked since the last time.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
process.on('message', () => {
  process.send?.({ maxMs: delay.max / 1e6 });
  delay.reset();
});
process.channel?.unref();
