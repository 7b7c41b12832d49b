#!/usr/bin/env node
import { Command } from 'commander';
import { version } from '../util/version.js';
import { addCodecsCommand } from './codecs.js';
import { exitCodes, failureOf } from './failure.js';
import { optionTerm } from './flags.js';
import { addHostsCommand } from './hosts.js';
import { addImg2imgCommand } from './img2img.js';
import { addInfoCommand } from './info.js';
import { addModelsCommand } from './models.js';
import { addRecordCommand } from './record.js';
import { addRenderCommand } from './render.js';
import { addServeCommand } from './serve.js';
import { addTxt2imgCommand } from './txt2img.js';

// A reader that has seen enough, such as `head`, closes the pipe, and a sender of steps may die: no reason to fail, nor
// to give up work under way.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const program = new Command('steps-animation')
  .description('A movie of an image being made: the denoised steps of a diffusion model as a short, small animation.')
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: () => {} }) // errors are told below, in one line
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
