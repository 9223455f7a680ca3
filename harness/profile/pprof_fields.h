#pragma once
/* Numbers of the fields of profile.proto, which pprof_read and pprof_write use: messages are
 * named as there, and every text is a number in the string table. No functions. */

enum pprof_profile_field {
    PPROF_SAMPLE_TYPE = 1,
    PPROF_SAMPLE = 2,
    PPROF_MAPPING = 3,
    PPROF_LOCATION = 4,
    PPROF_FUNCTION = 5,
    PPROF_STRING_TABLE = 6,
    PPROF_TIME_NANOS = 9,
    PPROF_DURATION_NANOS = 10,
    PPROF_PERIOD_TYPE = 11,
    PPROF_PERIOD = 12,
    PPROF_DEFAULT_SAMPLE_TYPE = 14,
};

enum pprof_value_type_field { PPROF_TYPE = 1, PPROF_UNIT = 2, PPROF_VALUE_TYPE_END };

enum pprof_sample_field { PPROF_SAMPLE_LOCATION_ID = 1, PPROF_SAMPLE_VALUE = 2 };

enum pprof_mapping_field {
    PPROF_MAPPING_ID = 1,
    PPROF_MAPPING_START = 2,
    PPROF_MAPPING_LIMIT = 3,
    PPROF_MAPPING_OFFSET = 4,
    PPROF_MAPPING_FILENAME = 5,
    PPROF_MAPPING_END = 6,
    PPROF_MAPPING_HAS_FUNCTIONS = 7,
    PPROF_MAPPING_HAS_FILENAMES = 8,
    PPROF_MAPPING_HAS_LINE_NUMBERS = 9,
    PPROF_MAPPING_HAS_INLINE_FRAMES = 10,
};

enum pprof_location_field {
    PPROF_LOCATION_ID = 1,
    PPROF_LOCATION_MAPPING_ID = 2,
    PPROF_LOCATION_ADDRESS = 3,
    PPROF_LOCATION_LINE = 4,
};

enum pprof_line_field { PPROF_LINE_FUNCTION_ID = 1, PPROF_LINE_LINE = 2, PPROF_LINE_END };

enum pprof_function_field {
    PPROF_FUNCTION_ID = 1,
    PPROF_FUNCTION_NAME = 2,
    PPROF_FUNCTION_SYSTEM_NAME = 3,
    PPROF_FUNCTION_FILENAME = 4,
    PPROF_FUNCTION_END,
};
