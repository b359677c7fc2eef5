// Included before each kernel by Scripts/check/sanitizers.sh: the driver says which instructions there are.
int driver_cpu_supports(const char *feature);
#define __builtin_cpu_supports(feature) driver_cpu_supports(feature)
