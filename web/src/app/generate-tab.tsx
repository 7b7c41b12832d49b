import { Grid, Stack } from '@mantine/core';
import { useJob } from '../api/queries.js';
import type { NewJobShape } from '../api/types.js';
import { AnimationPanel } from '../form/animation-panel.js';
import { type Form, type Tab, useForm } from '../form/form-store.js';
import { GenerationFields } from '../form/generation-fields.js';
import { PromptArea } from '../form/prompt-area.js';
import { useShownJob } from '../run/run-store.js';
import { RunView } from '../run/run-view.js';
import { useCancel, useSubmit } from '../run/use-generate.js';

/** The tab txt2img: the form at the left, what comes of it at the right. */
export function GenerateTab() {
  const tab: Tab = 'txt2img';
  const form = useForm(tab);
  const shown = useShownJob(tab);
  const { data: job } = useJob(shown);
  const submit = useSubmit(tab);
  const cancel = useCancel();
  const isRunning = job?.state === 'running' || job?.state === 'queued';
  return (
    <Stack gap="lg">
      <PromptArea
        tab={tab}
        isRunning={isRunning}
        isSending={submit.isPending}
        onGenerate={() => submit.mutate(requestOf(form))}
        onInterrupt={() => job && cancel.mutate(job.id)}
      />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 6 }} order={{ base: 2, md: 1 }}>
          <Stack gap="md">
            <GenerationFields tab={tab} lastSeed={job?.images.at(-1)?.seed} />
            <AnimationPanel tab={tab} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }} order={{ base: 1, md: 2 }}>
          <RunView job={job} />
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

function requestOf({ generation, animation, scriptEnabled }: Form): NewJobShape {
  return { kind: 'txt2img', generation, animation: scriptEnabled ? animation : null };
}
