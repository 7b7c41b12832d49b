import { describe, expect, it } from 'vitest';
import { openSdapi } from './open-sdapi.js';

/** A request for two batches of two images under way. */
async function running() {
  const api = await openSdapi({ atOnce: false });
  const answer = api.post('/sdapi/v1/txt2img', { n_iter: 2, batch_size: 2, steps: 10, force_task_id: 'mine' });
  await api.service.submitted(1);
  return { ...api, answer };
}

describe('progress', () => {
  it('is nothing while nothing runs', async () => {
    const { get } = await openSdapi();
    const { body } = await get('/sdapi/v1/progress');
    expect(body).toMatchObject({ progress: 0, eta_relative: 0, current_image: null, textinfo: null });
    expect(body.state).toEqual({
      ...{ skipped: false, interrupted: false, stopping_generation: false, job: '', job_count: 0, job_timestamp: '0' },
      ...{ job_no: 0, sampling_step: 0, sampling_steps: 0 },
    });
  });

  it('reports batch, step, seconds and the picture', async () => {
    const { get, service } = await running();
    service.jpeg = Buffer.from('a picture');
    service.advance({ step: 26, steps: 40, secondsLeft: 7 });
    const { body } = await get('/sdapi/v1/progress');
    expect(body).toMatchObject({
      progress: 0.65,
      eta_relative: 7,
      current_image: Buffer.from('a picture').toString('base64'),
    });
    expect(body.state).toMatchObject({
      job: 'scripts_txt2img',
      job_count: 2,
      job_no: 1,
      sampling_step: 2,
      sampling_steps: 10,
    });
    expect(body.state.job_timestamp).toMatch(/^\d{14}$/);
    expect((await get('/sdapi/v1/progress?skip_current_image=true')).body.current_image).toBeNull();
  });

  it('stays below 1 while a movie is still being made', async () => {
    const { get, service } = await running();
    service.advance({ step: 40, steps: 40, phase: 'rendering', frame: 12, frames: 300 });
    expect((await get('/sdapi/v1/progress')).body).toMatchObject({
      progress: 0.99,
      textinfo: 'Animation: frame 12 of 300',
    });
  });

  it('can be asked for by task', async () => {
    const { post, get, service, answer } = await running();
    service.jpeg = Buffer.from('a picture');
    service.advance({ step: 10, steps: 40, secondsLeft: 7 });
    const task = async (id_task: string, id_live_preview = -1) =>
      (await post('/internal/progress', { id_task, id_live_preview })).body;
    const first = await task('mine');
    expect(first).toMatchObject({
      active: true,
      queued: false,
      completed: false,
      progress: 0.2,
      eta: 7,
      id_live_preview: 3,
    });
    expect(first.live_preview).toBe(`data:image/jpeg;base64,${Buffer.from('a picture').toString('base64')}`);
    expect(await task('mine', 3)).toMatchObject({ live_preview: null, id_live_preview: 3 });

    const second = post('/sdapi/v1/txt2img', { force_task_id: 'later' });
    await service.submitted(2);
    expect((await get('/internal/pending-tasks')).body).toEqual({ size: 1, tasks: ['later'] });
    expect(await task('later')).toMatchObject({ active: false, queued: true, completed: false, id_live_preview: -1 });
    for (const { id } of service.list()) await service.finish(id);
    await Promise.all([answer, second]);
    expect(await task('mine')).toMatchObject({ active: false, queued: false, completed: true, textinfo: 'Waiting...' });
    expect(await task('unheard of')).toMatchObject({ active: false, queued: false, completed: false });
  });
});

describe('stopping', () => {
  it('ends the job at work, whose images are answered', async () => {
    const { post, answer } = await running();
    expect((await post('/sdapi/v1/interrupt')).body).toEqual({});
    const { status, body } = await answer;
    expect(status).toBe(200);
    expect(JSON.parse(body.info).state).toBe('interrupted');
  });

  it('skips the current images, and reports it', async () => {
    const { post, get, service, answer } = await running();
    expect((await post('/sdapi/v1/skip')).body).toBeNull();
    expect(service.skipped).toBe(1);
    expect((await get('/sdapi/v1/progress')).body.state).toMatchObject({ skipped: true, interrupted: false });
    await service.finish(service.current()?.id ?? '');
    expect((await answer).status).toBe(200);
  });

  it('is no error when nothing runs', async () => {
    const { post } = await openSdapi();
    expect(await post('/sdapi/v1/interrupt', undefined, { 'content-type': 'application/json' })).toMatchObject({
      status: 200,
      body: {},
    });
    expect(await post('/sdapi/v1/skip')).toMatchObject({ status: 200, body: null });
  });
});
