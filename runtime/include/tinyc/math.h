/* tinyc/math.h - elementary functions of float32, for the loops that the compiler writes.
 *
 * Each gives the same bits on every host and every Cortex-M, with an FPU or without, as long as the compiler keeps IEEE
 * rules (-ffp-contract=off, no -ffast-math). Errors are in units of the last place of the exact result and hold for every
 * float (test/runtime/math.cpp). Special values are those of C's Annex F: NaN gives NaN, the sign of zero is kept where the
 * function is odd. No libc; compilers without double arithmetic in hardware call their own support library.
 */
#ifndef TINYC_MATH_H
#define TINYC_MATH_H

#ifdef __cplusplus
extern "C" {
#endif

/* Within 1 ulp. */
float tinyc_math_acos_f32(float x);
float tinyc_math_acosh_f32(float x);
float tinyc_math_asin_f32(float x);
float tinyc_math_asinh_f32(float x);
float tinyc_math_atan_f32(float x);
float tinyc_math_atanh_f32(float x);
float tinyc_math_cos_f32(float x);
float tinyc_math_cosh_f32(float x);
float tinyc_math_log1p_f32(float x); /* log(1 + x) */
float tinyc_math_pow_f32(float x, float y);
float tinyc_math_sin_f32(float x);
float tinyc_math_sinh_f32(float x);
float tinyc_math_tan_f32(float x);
float tinyc_math_tanh_f32(float x);

/* Within 2 ulp; exp and log are those of softmax and log_softmax (tinyc/arithmetic.h). */
float tinyc_math_erf_f32(float x);
float tinyc_math_exp_f32(float x);
float tinyc_math_log_f32(float x);

/* Exact, or correctly rounded. */
float tinyc_math_ceil_f32(float x);
float tinyc_math_floor_f32(float x);
float tinyc_math_fmod_f32(float x, float y); /* x - n y with n truncated: the sign of x */
float tinyc_math_round_f32(float x);         /* to the nearest integer, ties to even */
float tinyc_math_sqrt_f32(float x);

#ifdef __cplusplus
}
#endif

#endif /* TINYC_MATH_H */
