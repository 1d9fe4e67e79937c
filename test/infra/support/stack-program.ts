import { startStack } from '../../../infra/stack/start-stack.ts'

/**
 * A program as users write it: starts the stack of the directory and then lives until something
 * ends it, the end of its standard input too. Arguments: directory, lifetime, and `exit` for one that ends
 * by itself.
 */
const [directory = '', lifetime = '', last] = process.argv.slice(2)
const stack = await startStack({
  directory,
  lifetime: lifetime === 'detached' ? 'detached' : 'attached',
})
process.stdout.write(`${JSON.stringify(stack)}\n`)
if (last !== 'exit') process.stdin.resume().once('close', () => process.exit())
