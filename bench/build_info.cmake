# Run at each build, because the commit changes without a new configuration; the file is touched only
# if its text changes. Usage: cmake -DIN=... -DOUT=... -DVERSION=... ... -P build_info.cmake
find_package(Git QUIET)
set(git_sha unknown)
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty --abbrev=40 --exclude=*
                  WORKING_DIRECTORY ${CMAKE_CURRENT_LIST_DIR} OUTPUT_VARIABLE output
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE result)
  if(result EQUAL 0)
    set(git_sha ${output})
  endif()
endif()
configure_file(${IN} ${OUT} @ONLY)
