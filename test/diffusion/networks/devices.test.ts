import { expect, it } from 'vitest';
import { type Device, loadOnBestDevice } from '#src/diffusion/networks/devices.js';

const onlyOn = (possible: Device) => async (device: Device) => {
  if (device !== possible) throw new Error(`no ${device}\n here.`);
  return `on ${device}`;
};

it('says why the best device is not used', async () => {
  expect(await loadOnBestDevice('auto', onlyOn('cpu'), ['cuda', 'dml', 'cpu'])).toEqual({
    ...{ loaded: 'on cpu', device: 'cpu' },
    note: 'The model runs on the device "cpu", because cuda cannot be used (no cuda here), and dml cannot be used (no dml here); see docs/models.md for what each device needs.',
  });
  expect(await loadOnBestDevice('auto', onlyOn('cuda'), ['cuda', 'cpu'])).toMatchObject({
    device: 'cuda',
    note: undefined,
  });
});

it('uses no other device than the requested one, and says what to do', async () => {
  const loading = loadOnBestDevice('webgpu', onlyOn('cpu'));
  await expect(loading).rejects.toMatchObject({ code: 'model' });
  await expect(loading).rejects.toThrow('device "webgpu" (no webgpu here): choose --device cpu');
});
