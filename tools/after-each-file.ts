import { afterAll } from 'vitest'
import { closeMemorySites } from '../kernel/src/testing/memory-site.ts'

afterAll(closeMemorySites)
