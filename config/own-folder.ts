import { dirname } from 'node:path';
import { keyFile } from '../src/pipeline/services/keys/key-file.ts';

/** The folder of this user's keys, and of a configuration that counts in every folder. */
export const ownFolder = (): string => dirname(keyFile());
