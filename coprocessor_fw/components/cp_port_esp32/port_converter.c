#include "port_converter.h"

#include "esp_adc/adc_cali.h"
#include "esp_adc/adc_cali_scheme.h"
#include "esp_adc/adc_continuous.h"
#include "esp_idf_version.h"
#include "soc/soc_caps.h"

/* The widest range, to about 2.5 V and more; later versions of ESP-IDF name it 12 dB, with the same value. */
#define ATTENUATION ((adc_atten_t)3)
#define RESOLUTION ADC_BITWIDTH_12
/* Nominal end of that range, for a chip without calibration. */
#define NOMINAL_FULL_MV 2900
/* Reference assumed on an ESP32 that has none burnt in. */
#define NOMINAL_REFERENCE_MV 1100u
/* Frames that wait while flash is written; what comes later is lost. */
#define FRAMES_KEPT 4u
#define READ_BYTES 1024u

_Static_assert(READ_BYTES % SOC_ADC_DIGI_DATA_BYTES_PER_CONV == 0, "whole conversions only");

static adc_continuous_handle_t converter;
static adc_cali_handle_t calibration;
static bool calibrated;

int port_converter_channel(port_line_t line)
{
    adc_unit_t unit = ADC_UNIT_1;
    adc_channel_t channel = ADC_CHANNEL_0;

    if (line.gpio == PORT_NO_GPIO || adc_continuous_io_to_channel(line.gpio, &unit, &channel) != ESP_OK ||
        unit != ADC_UNIT_1) {
        return -1;
    }
    return (int)channel;
}

static void open_calibration(void)
{
#if ADC_CALI_SCHEME_CURVE_FITTING_SUPPORTED
    const adc_cali_curve_fitting_config_t config = {
        .unit_id = ADC_UNIT_1,
        .atten = ATTENUATION,
        .bitwidth = RESOLUTION,
    };
    calibrated = adc_cali_create_scheme_curve_fitting(&config, &calibration) == ESP_OK;
#elif ADC_CALI_SCHEME_LINE_FITTING_SUPPORTED
    const adc_cali_line_fitting_config_t config = {
        .unit_id = ADC_UNIT_1,
        .atten = ATTENUATION,
        .bitwidth = RESOLUTION,
#if CONFIG_IDF_TARGET_ESP32
        .default_vref = NOMINAL_REFERENCE_MV,
#endif
    };
    calibrated = adc_cali_create_scheme_line_fitting(&config, &calibration) == ESP_OK;
#if CONFIG_IDF_TARGET_ESP32
    adc_cali_line_fitting_efuse_val_t source = ADC_CALI_LINE_FITTING_EFUSE_VAL_DEFAULT_VREF;
    calibrated = calibrated && adc_cali_scheme_line_fitting_check_efuse(&source) == ESP_OK &&
                 source != ADC_CALI_LINE_FITTING_EFUSE_VAL_DEFAULT_VREF;
#endif
#endif
}

static bool configure(const port_scan_t *scan)
{
    adc_digi_pattern_config_t pattern[SOC_ADC_PATT_LEN_MAX] = {0};
    adc_continuous_config_t config = {
        .pattern_num = scan->steps,
        .adc_pattern = pattern,
        .sample_freq_hz = scan->rate_hz,
        .conv_mode = ADC_CONV_SINGLE_UNIT_1,
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0) /* later ones know it themselves */
#if CONFIG_IDF_TARGET_ESP32
        .format = ADC_DIGI_OUTPUT_FORMAT_TYPE1,
#else
        .format = ADC_DIGI_OUTPUT_FORMAT_TYPE2,
#endif
#endif
    };

    for (unsigned i = 0; i < scan->steps; i++) {
        pattern[i] = (adc_digi_pattern_config_t){
            .atten = (uint8_t)ATTENUATION,
            .channel = scan->channel[i],
            .unit = (uint8_t)ADC_UNIT_1,
            .bit_width = (uint8_t)RESOLUTION,
        };
    }
    return adc_continuous_config(converter, &config) == ESP_OK;
}

bool port_converter_open(const port_scan_channels_t *channels)
{
    port_scan_t scan = {0};

    if (!port_scan_plan(&scan, channels, SOC_ADC_PATT_LEN_MAX, SOC_ADC_SAMPLE_FREQ_THRES_HIGH)) {
        return false;
    }
    const uint32_t bytes = scan.rate_hz * PORT_FRAME_MS / 1000u * SOC_ADC_DIGI_RESULT_BYTES;
    const uint32_t frame = bytes - bytes % SOC_ADC_DIGI_DATA_BYTES_PER_CONV;
    const adc_continuous_handle_cfg_t handle = {
        .max_store_buf_size = frame * FRAMES_KEPT,
        .conv_frame_size = frame,
    };
    open_calibration();
    return adc_continuous_new_handle(&handle, &converter) == ESP_OK && configure(&scan) &&
           adc_continuous_start(converter) == ESP_OK;
}

static port_sample_t sample_of(const adc_digi_output_data_t *data)
{
#if CONFIG_IDF_TARGET_ESP32
    return (port_sample_t){.channel = (uint8_t)data->type1.channel, .code = (uint16_t)data->type1.data};
#else
    return (port_sample_t){.channel = (uint8_t)data->type2.channel, .code = (uint16_t)data->type2.data};
#endif
}

size_t port_converter_take(port_sample_t *samples, size_t max)
{
    static adc_digi_output_data_t data[READ_BYTES / sizeof(adc_digi_output_data_t)]; /* too much for the task's stack */
    const size_t wanted = max < sizeof data / sizeof data[0] ? max : sizeof data / sizeof data[0];
    uint32_t bytes = 0;

    if (converter == NULL ||
        adc_continuous_read(converter, (uint8_t *)data, (uint32_t)(wanted * sizeof data[0]), &bytes, 0) != ESP_OK) {
        return 0;
    }
    const size_t count = bytes / sizeof data[0];
    for (size_t i = 0; i < count; i++) {
        samples[i] = sample_of(&data[i]);
    }
    return count;
}

int32_t port_converter_mv(uint16_t code)
{
    int mv = 0;

    if (calibration != NULL && adc_cali_raw_to_voltage(calibration, code, &mv) == ESP_OK) {
        return mv;
    }
    return (int32_t)code * NOMINAL_FULL_MV / (int32_t)PORT_CODE_MAX;
}

bool port_converter_is_calibrated(void)
{
    return calibrated;
}
