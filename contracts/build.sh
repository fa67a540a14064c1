#!/usr/bin/env bash
# Compiles the contracts into artifacts/, with the compiler that package-lock.json pins; --check compares instead.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --ignore-scripts --no-audit --no-fund --silent
exec node build.mjs "$@"
