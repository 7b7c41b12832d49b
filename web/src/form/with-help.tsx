import { Box } from '@mantine/core';
import type { ReactNode } from 'react';
import type { OptionShape } from '../api/types.js';
import { HelpButton } from './help-button.js';

type Props = { readonly option: OptionShape; readonly children: ReactNode };

/** A field with a button for its help at the height of its label. */
export function WithHelp({ option, children }: Props) {
  return (
    <Box pos="relative" flex={1} miw={0}>
      {children}
      <Box pos="absolute" top={0} right={0}>
        <HelpButton option={option} />
      </Box>
    </Box>
  );
}
