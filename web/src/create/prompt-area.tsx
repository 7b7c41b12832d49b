import { Skeleton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { request } from '../api/client.js';
import { useOptions } from '../form/form-options.js';
import type { Tab } from '../form/form-store.js';
import { words } from '../words/words.js';
import classes from './create.module.css';

/** The words: what to see, and what to leave out. */
export function PromptArea({ tab }: { readonly tab: Tab }) {
  const { prompt, negativePrompt, model } = useOptions(tab, 'generation');
  const { form } = words();
  if (!prompt || !negativePrompt) return <Skeleton h={166} />;
  return (
    <>
      <div className={classes.prompt}>
        <textarea
          aria-label={prompt.option.label}
          placeholder={form.whatToSee}
          rows={3}
          value={String(prompt.value)}
          onChange={(event) => prompt.onChange(event.currentTarget.value)}
        />
        <div className={classes.tools}>
          <TokenCount text={String(prompt.value)} model={String(model?.value ?? '')} />
        </div>
      </div>
      <textarea
        className={classes.negative}
        aria-label={negativePrompt.option.label}
        placeholder={form.leaveOut}
        rows={1}
        value={String(negativePrompt.value)}
        onChange={(event) => negativePrompt.onChange(event.currentTarget.value)}
      />
    </>
  );
}

/** The number of tokens of a prompt, and how many fit. */
function TokenCount({ text, model }: { readonly text: string; readonly model: string }) {
  const [settled] = useDebouncedValue(text, 400);
  const { data } = useQuery({
    queryKey: ['tokens', model, settled],
    queryFn: ({ signal }) =>
      request<{ count: number | null; limit: number | null }>('/tokens', {
        method: 'POST',
        body: { text: settled, model },
        signal,
      }),
    enabled: model !== '',
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
    retry: false,
  });
  if (typeof data?.count !== 'number') return null;
  const isOver = data.limit !== null && data.count > data.limit;
  return (
    <span className={`${classes.tokens} num`} data-over={isOver || undefined} title={words().form.tokens}>
      {`${data.count} / ${data.limit}`}
    </span>
  );
}
