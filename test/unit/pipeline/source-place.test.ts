import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePipelineFile } from '../../../src/pipeline/parse-pipeline-file.ts'
import { sourcePlace } from '../../../src/pipeline/source-place.ts'
import { pipelineText } from './pipeline-text.ts'

test('the place of a source is its host, with nothing that may be a secret', () => {
  const places: Readonly<Record<string, string>> = {
    'http://api.example.com/v1/trips?key=1': 'api.example.com',
    'https://api.example.com:8443?key=1': 'api.example.com:8443',
    'https://${USER}:${PASSWORD}@${HOST}:${PORT}/trips': '${HOST}:${PORT}',
    'https://${TOKEN}@[::1]:8080/': '[::1]:8080',
    '${API_URL}/v1/${TOKEN}/trips': '${API_URL}',
    'HTTP://example.com': 'example.com',
  }
  for (const [url, place] of Object.entries(places)) {
    const text = pipelineText({ source: `{ kind: http, url: ${JSON.stringify(url)} }` })
    assert.equal(sourcePlace(parsePipelineFile(text, 'flights.yaml').source), place, url)
  }
})
