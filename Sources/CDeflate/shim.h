#ifndef VIGIE_CDEFLATE_SHIM_H
#define VIGIE_CDEFLATE_SHIM_H
#include <libdeflate.h>
#endif
