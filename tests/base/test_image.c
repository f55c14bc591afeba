/* SPDX-License-Identifier: MIT */
/* test_image.c - pictures are taken when they are whole, and refused with a sentence when anything about them
 * is not. */
#include "tests/lib/pictures.h"

TestSuite(image, .init = test_begin, .fini = test_end);

static void refused(struct bytes file, const char *why)
{
    struct image v = {0};
    *E = (struct error){0};
    cr_expect_neq(image_read(&v, file, E), OK, "it was taken; expected: %s", why);
    cr_expect(strstr(E->text, why) != NULL, "'%s' does not say '%s'", E->text, why);
}

Test(image, png_files_of_all_kinds_of_pixels_tell_their_size)
{
    static const uint8_t colours[] = {0, 2, 3, 4, 6};
    for (size_t i = 0; i < sizeof colours; i++) {
        struct image v = {0};
        struct bytes file =
            picture_png(A, &(struct png_plan){.width = 31, .height = 7, .colour = colours[i]});
        assert_ok(image_read(&v, file, E));
        assert_int(v.format, IMAGE_PNG);
        assert_int(v.width, 31);
        assert_int(v.height, 7);
    }
}

Test(image, a_jpeg_file_tells_its_size_and_its_colours)
{
    struct image v = {0};
    assert_ok(image_read(&v, picture_jpeg_bytes(A), E));
    assert_int(v.format, IMAGE_JPEG);
    assert_int(v.width, 8);
    assert_int(v.height, 8);
    assert_int(v.channels, 3);
}

Test(image, what_is_cut_off_anywhere_is_refused)
{
    const struct bytes files[] = {picture_jpeg_bytes(A),
                                  picture_png(A, &(struct png_plan){.width = 9, .height = 5, .colour = 6})};
    for (size_t i = 0; i < 2; i++) {
        for (size_t len = 0; len < files[i].len; len++) {
            struct image v = {0};
            cr_expect_neq(image_read(&v, (struct bytes){files[i].ptr, len}, E), OK, "cut off at %zu", len);
        }
    }
}

/* Each bit of a PNG counts: all of it stands under a checksum. */
Test(image, a_png_file_with_one_wrong_bit_is_refused)
{
    struct bytes good = picture_png(A, &(struct png_plan){.width = 9, .height = 5, .colour = 3});
    uint8_t *file = arena_take_raw(A, good.len);
    for (size_t bit = 0; bit < 8 * good.len; bit++) {
        struct image v = {0};
        memcpy(file, good.ptr, good.len);
        file[bit / 8] = (uint8_t)(file[bit / 8] ^ 1U << bit % 8);
        cr_expect_neq(image_read(&v, (struct bytes){file, good.len}, E), OK, "bit %zu", bit);
    }
}

Test(image, a_head_that_does_not_fit_its_pixels_is_refused)
{
    refused(picture_png(A, &(struct png_plan){.width = 9, .height = 5, .rows_missing = 1}), "fewer pixels");
    refused(picture_png(A, &(struct png_plan){.width = 9, .height = 5, .filter = 5}), "damaged");
    refused(picture_png(A, &(struct png_plan){.width = 9, .height = 5, .interlaced = 1}),
            "without interlacing");
    refused(picture_png(A, &(struct png_plan){.width = 9, .height = 5, .colour = 5}), "makes no sense");
}

Test(image, what_is_too_large_is_refused_before_it_is_unpacked)
{
    refused(picture_png(A, &(struct png_plan){.width = LIMIT_LOGO_SIDE + 1, .height = 1}),
            "at most 2000 a side");
    refused(picture_png(A, &(struct png_plan){.width = 1500, .height = 1500}), "at most 1048576 in all");
    refused((struct bytes){arena_take(A, 1, LIMIT_LOGO_BYTES + 1), LIMIT_LOGO_BYTES + 1}, "at most 131072");
}

Test(image, other_files_are_named_for_what_they_are_not)
{
    refused(str_bytes(STR("GIF89a, by way of example")), "neither a PNG nor a JPEG");
    refused((struct bytes){0}, "neither a PNG nor a JPEG");
    struct bytes good = picture_jpeg_bytes(A);
    uint8_t *file = arena_take(A, 1, good.len + 1);
    memcpy(file, good.ptr, good.len);
    refused((struct bytes){file, good.len + 1}, "behind its end");
    for (size_t i = 0; i + 1 < good.len; i++)
        if (file[i] == 0xff && file[i + 1] == 0xc0) file[i + 9] = 4; /* the frame's number of components */
    refused((struct bytes){file, good.len}, "CMYK");
}
