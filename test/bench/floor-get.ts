/** `curl` where there is none: a body on standard output. */
import { get } from 'node:http'
import { pipeline } from 'node:stream/promises'

const [url = ''] = process.argv.slice(2)
get(url, (response) => {
  if (response.statusCode !== 200) throw new Error(`the source answered ${response.statusCode}`)
  void pipeline(response, process.stdout)
})
