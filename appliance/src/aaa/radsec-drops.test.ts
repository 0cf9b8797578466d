import { expect, test } from 'vitest'
import { createRadsecDrops } from './radsec-drops.ts'
import { SharedState, sharedStateBytes } from './shared-state.ts'

test('drops are counted once, by what is to be done about them; connections that end are none', () => {
  const state = new SharedState(new SharedArrayBuffer(sharedStateBytes))
  const count = createRadsecDrops(state)
  count({ 'tls-handshake': 2, 'connection-lost': 7, idle: 1 })
  count({ 'tls-handshake': 3, alpn: 1, 'connection-lost': 9, idle: 1, 'unknown-client': 1, 'attribute-length': 4 })
  count({ 'tls-handshake': 3, alpn: 1, 'unknown-client': 1, 'attribute-length': 5, 'half-open-limit': 1 })
  expect([state.read('radsecHandshakes'), state.read('radsecUnknown'), state.read('radsecDropped')]).toEqual([4, 1, 6])
})
