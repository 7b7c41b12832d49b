import { ActionIcon, Popover, Text } from '@mantine/core';
import { useState } from 'react';
import type { OptionShape } from '../api/types.js';
import { HelpIcon } from '../app/icons.js';
import { helpOf } from './option-text.js';

/** Tells what an option does: pointed at, pressed, or tapped. */
export function HelpButton({ option }: { readonly option: OptionShape }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setOpen} width={280} position="top" withArrow shadow="md">
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={22}
          aria-label={`Help: ${option.label}`}
          onClick={() => setOpen(true)}
          onPointerEnter={({ pointerType }) => pointerType === 'mouse' && setOpen(true)}
          onPointerLeave={({ pointerType }) => pointerType === 'mouse' && setOpen(false)}
          onBlur={() => setOpen(false)}
          onKeyDown={({ key }) => key === 'Escape' && setOpen(false)}
        >
          <HelpIcon size={15} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={option.label}>
        <Text size="sm" role="status">
          {helpOf(option)}
        </Text>
      </Popover.Dropdown>
    </Popover>
  );
}
