#!/usr/bin/env node
import { Command } from 'commander';
import { version } from '../util/version.js';
import { addCodecsCommand } from './codecs.js';
import { exitCodes, failureOf } from './exit.js';
import { optionTerm } from './flags.js';
import { addImg2imgCommand, addTxt2imgCommand } from './generate.js';
import { addHostsCommand } from './hosts.js';
import { addInfoCommand } from './info.js';
import { addModelsCommand } from './models.js';
import { addRecordCommand } from './record.js';
import { addRenderCommand } from './render.js';
import { addServeCommand } from './serve.js';

// A closed pipe, such as that of `head` or of a program that died, is no reason to fail or to abandon a run.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const program = new Command('steps-animation')
  .description('A movie of an image being made: the denoised steps of a diffusion model as a short, small animation.')
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: () => {} }) // errors are printed below, in one line
  .configureHelp({ optionTerm });

const commands = [
  addTxt2imgCommand,
  addImg2imgCommand,
  addRenderCommand,
  addRecordCommand,
  addServeCommand,
  addModelsCommand,
  addHostsCommand,
  addCodecsCommand,
  addInfoCommand,
];
for (const add of commands) add(program);

try {
  await program.parseAsync();
} catch (error) {
  const { message, exitCode } = failureOf(error);
  if (exitCode !== exitCodes.success) process.stderr.write(`error: ${message}\n`);
  process.exitCode = exitCode;
}
