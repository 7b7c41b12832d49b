import { Button, Center, Group, Loader, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue, useIntersection, useSessionStorage } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { request } from '../api/client.js';
import { type AnimationFilter, keys, useAnimations } from '../api/queries.js';
import { AnimationGrid } from './animation-grid.js';

const AnimationDetails = lazy(() => import('./animation-details.js'));

type Facets = Record<'codecs' | 'samplers' | 'models', string[]>;

const noFilter: AnimationFilter = { text: '', codec: null, sampler: null, model: null };

/** The library of finished movies, with a search and filters. */
export default function AnimationsTab() {
  const [filter, setFilter] = useSessionStorage({ key: 'steps-animation.filter', defaultValue: noFilter });
  const [debounced] = useDebouncedValue(filter, 250);
  const [open, setOpen] = useState<string>();
  const { data, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useAnimations(debounced);
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  const total = data?.pages[0]?.total ?? 0;
  const { ref, entry: end } = useIntersection({ rootMargin: '600px' });
  useEffect(() => {
    if (end?.isIntersecting && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [end?.isIntersecting, hasNextPage, isFetchingNextPage, fetchNextPage]);
  const shown = entries.find(({ id }) => id === open);
  return (
    <Stack gap="md">
      <Filters filter={filter} onChange={setFilter} />
      <Text size="sm" c="dimmed" role="status">
        {isPending ? '' : `${total} ${total === 1 ? 'animation' : 'animations'}`}
      </Text>
      {isPending ? (
        <Center mih={300}>
          <Loader type="dots" />
        </Center>
      ) : entries.length === 0 ? (
        <Empty isFiltered={debounced.text !== '' || Boolean(debounced.codec ?? debounced.sampler ?? debounced.model)} />
      ) : (
        <AnimationGrid entries={entries} onOpen={setOpen} />
      )}
      {hasNextPage && (
        <Button ref={ref} variant="default" onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
          Show more
        </Button>
      )}
      {shown && (
        <Suspense>
          <AnimationDetails entry={shown} onClose={() => setOpen(undefined)} />
        </Suspense>
      )}
    </Stack>
  );
}

type FiltersProps = { readonly filter: AnimationFilter; readonly onChange: (filter: AnimationFilter) => void };

function Filters({ filter, onChange }: FiltersProps) {
  const { data: facets } = useQuery({
    queryKey: [...keys.animations, 'facets'],
    queryFn: ({ signal }) => request<Facets>('/animations/facets', { signal }),
  });
  const choice = (label: string, name: 'codec' | 'sampler' | 'model', names: readonly string[] = []) => (
    <Select
      label={label}
      placeholder="all"
      clearable
      w={{ base: '100%', xs: 150 }}
      data={[...names]}
      value={filter[name]}
      onChange={(value) => onChange({ ...filter, [name]: value })}
    />
  );
  return (
    <Group align="end" gap="sm">
      <TextInput
        flex="1 1 14rem"
        type="search"
        label="Search"
        placeholder="words in the prompt"
        value={filter.text}
        onChange={(event) => onChange({ ...filter, text: event.currentTarget.value })}
      />
      {choice('Codec', 'codec', facets?.codecs)}
      {choice('Sampler', 'sampler', facets?.samplers)}
      {choice('Model', 'model', facets?.models)}
    </Group>
  );
}

function Empty({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <Center mih={240}>
      <Text c="dimmed" ta="center">
        {isFiltered
          ? 'No matches. Try fewer words, or clear the filters.'
          : 'No animations yet. What you generate appears here.'}
      </Text>
    </Center>
  );
}
