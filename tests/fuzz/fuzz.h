#pragma once
/*
 * What a fuzz target defines: one parser or one machine, fed with any bytes, that checks its laws with g_assert().
 *
 * A target must be quick, touch nothing outside its own temporary files, and leave nothing behind from one input to the
 * next. In every test run driver.c replays the corpus; `tools/fuzz TARGET SECONDS` lets the engine search.
 */
#include <glib.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
