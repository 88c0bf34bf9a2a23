#!/usr/bin/env node
import { hideBin } from 'yargs/helpers';
import { main } from './main.js';

// A reader that closes the pipe early (`| head`) has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

await main(hideBin(process.argv));
